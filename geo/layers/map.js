var hongtu = {
  // A layer of one kind. o: styles by key, icons by key, fields [[property, label]], quiet.
  layer: function (data, o) {
    var drawn = L.geoJson(data, {
      interactive: !o.quiet,
      smoothFactor: 1,
      style: function (f) { return o.styles ? o.styles[f.properties.k] : undefined; },
      pointToLayer: function (f, at) {
        var p = f.properties;
        if (o.labels) {
          // Chinese along a steep street is written downwards, not laid on its side.
          var down = Math.abs(p.a) > 55 && /[\u4e00-\u9fff]/.test(p.n);
          var turn = down ? p.a - (p.a > 0 ? 90 : -90) : p.a;
          var turned = '<span style="--turn:' + turn + 'deg' +
            (down ? ';writing-mode:vertical-rl' : '') + '">' + p.n + '</span>';
          var label = L.divIcon({ className: 'ht-label ht-' + p.k, html: turned, iconSize: [0, 0] });
          return L.marker(at, { icon: label, interactive: false, keyboard: false, pane: 'names' });
        }
        if (o.icons) {
          var icon = L.divIcon({ className: 'ht-site', html: o.icons[p.k], iconSize: [18, 18] });
          return L.marker(at, { icon: icon, keyboard: false });
        }
        return L.circleMarker(at, o.styles[p.k]);
      }
    });
    if (o.fields) {
      drawn.bindTooltip(function (l) { return hongtu.tip(l.feature.properties, o.fields); },
        { sticky: !o.icons, className: 'ht-tip', direction: 'auto', opacity: 1 });
    }
    drawn.hongtu = o;
    return drawn;
  },

  // Values were made inert where they were written: here they are HTML text.
  tip: function (p, fields) {
    var rows = '';
    fields.forEach(function (field) {
      if (p[field[0]]) {
        rows += '<tr><th>' + field[1] + '</th><td>' + p[field[0]] + '</td></tr>';
      }
    });
    return '<b>' + p.title + '</b>' + (rows ? '<table>' + rows + '</table>' : '');
  },

  // Everything about the map that is no layer. o: bounds, key, credits.
  finish: function (map, layers, o) {
    map.attributionControl.setPrefix('Leaflet');
    o.credits.forEach(function (text) { map.attributionControl.addAttribution(text); });
    L.control.scale({ imperial: false }).addTo(map);
    if (o.flags) {
      L.DomUtil.create('div', 'ht-flags', map.getContainer()).innerHTML = '<b>' + o.flags + '</b>';
    }
    map.on('overlayadd', function () {
      layers.forEach(function (layer) {
        if (map.hasLayer(layer) && layer.bringToFront) { layer.bringToFront(); }
      });
    });
    hongtu.mouse(map);
    hongtu.zooms(map, layers);
    hongtu.view(map, L.latLngBounds(o.bounds), 'hongtu.view.' + o.key);
  },

  // The plugin takes dragging from a mouse that comes in over a mark; only fingers need that.
  mouse: function (map) {
    var gestures = map.gestureHandling;
    if (gestures && !window.matchMedia('(pointer: coarse)').matches) {
      L.DomEvent.off(map, 'mouseout', gestures._handleMouseOut, gestures);
      map.dragging.enable();
    }
  },

  // What a zoom changes: names that have room, and how thick and large things are.
  zooms: function (map, layers) {
    function show() {
      var zoom = map.getZoom(), far = Math.min(1.3, Math.max(0.45, 0.45 + (zoom - 10) * 0.14));
      [13, 14, 15].forEach(function (from) {
        map.getContainer().classList.toggle('ht-zoom' + from, zoom >= from);
      });
      map.getContainer().style.setProperty('--far', Math.min(1, far + 0.15));
      layers.forEach(function (layer) {
        var styles = layer.hongtu.styles;
        if (!styles) { return; }
        layer.eachLayer(function (drawn) {
          var style = styles[drawn.feature.properties.k];
          if (style && style.weight) { drawn.setStyle({ weight: style.weight * far }); }
          if (style && style.radius) { drawn.setRadius(style.radius * Math.max(0.6, far)); }
        });
      });
    }
    map.on('zoomend', show);
    show();
  },

  // The view that a person chose is kept for the tab; until then the map shows all the data.
  view: function (map, bounds, key) {
    var chosen = null, touched = false;
    try { chosen = JSON.parse(sessionStorage.getItem(key)); } catch (e) { chosen = null; }
    function fit() {
      if (!touched && map.getSize().x > 0 && map.getSize().y > 0) {
        map.fitBounds(bounds, { padding: [14, 14], animate: false });
      }
    }
    if (chosen && chosen.length === 3 && bounds.pad(2).contains([chosen[0], chosen[1]])) {
      touched = true;
      map.setView([chosen[0], chosen[1]], chosen[2], { animate: false });
    } else {
      fit();
    }
    ['pointerdown', 'touchstart', 'wheel', 'keydown'].forEach(function (kind) {
      map.getContainer().addEventListener(kind, function () { touched = true; }, { capture: true, passive: true });
    });
    map.on('resize', fit);
    map.on('moveend', function () {
      if (!touched) { return; }
      var c = map.getCenter();
      chosen = [c.lat, c.lng, map.getZoom()];
      try {
        sessionStorage.setItem(key, JSON.stringify(chosen));
      } catch (e) { touched = true; }
    });
    if (window.ResizeObserver) {
      new ResizeObserver(function () {
        var kept = chosen;  // a map may be given its size only after its view
        map.invalidateSize({ animate: false });
        if (touched && kept) { map.setView([kept[0], kept[1]], kept[2], { reset: true }); }
      }).observe(map.getContainer());
    }
  }
};
