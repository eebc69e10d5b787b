"""The web pages: what is asked, what is shown, what is kept between two runs of a page."""
