"""Results on a map: frames → folium layers, a legend, one HTML file. Nothing is computed here.

Only `geo.layers.maps` imports folium.
"""
