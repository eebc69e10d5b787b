(function (map) {
  var narrow = matchMedia('(max-width: 720px)');
  function fit() {
    document.querySelector('.ht-aside').open = !narrow.matches;
    // Where the page does not scroll, the wheel and one finger are the map's.
    if (map.gestureHandling) { map.gestureHandling[narrow.matches ? 'enable' : 'disable'](); }
    if (!narrow.matches) { map.scrollWheelZoom.enable(); map.dragging.enable(); }
  }
  if (narrow.addEventListener) { narrow.addEventListener('change', fit); }
  fit();
})(MAP);
