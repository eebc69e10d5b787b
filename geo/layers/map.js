var hongtu = {
  // An empty layer; `fill` gives it its features, and may do so again.
  layer: function (map, under) {
    var drawn = L.geoJson(null, {
      smoothFactor: 1,
      style: function (f) {
        var styles = drawn.hongtu.styles;
        return styles ? hongtu.scaled(styles[f.properties.k], hongtu.far(map)) : undefined;
      },
      pointToLayer: function (f, at) { return hongtu.point(drawn.hongtu, f.properties, at); }
    });
    if (under) {  // a canvas of its own: what lies over it changes, and is drawn again, alone
      L.setOptions(drawn, { pane: under, renderer: L.canvas({ pane: under, padding: 0.4 }) });
    }
    return drawn.addTo(map);
  },

  // o: styles by key, icons and their sizes by key, fields [[property, label]], labels, quiet, rings.
  fill: function (map, drawn, data, o) {
    drawn.clearLayers();
    drawn.hongtu = o;
    L.setOptions(drawn, { interactive: !o.quiet });
    if (o.rings) { hongtu.cut(data.features); }
    drawn.unbindTooltip();
    if (o.fields) {
      drawn.bindTooltip(function (l) { return hongtu.tip(l.feature.properties, o.fields); },
        { sticky: !o.icons, className: 'ht-tip', direction: 'auto', opacity: 1 });
    }
    drawn.addData(data);
  },

  // Each band, the largest first, without the next one within it, by the even-odd rule.
  cut: function (features) {
    for (var i = 0; i + 1 < features.length; i++) {
      var shape = features[i].geometry;
      shape.coordinates = shape.coordinates.concat(features[i + 1].geometry.coordinates);
    }
  },

  point: function (o, p, at) {
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
      var size = (o.sizes || {})[p.k] || [18, 18];
      var icon = L.divIcon({ className: 'ht-site', html: o.icons[p.k], iconSize: size });
      return L.marker(at, { icon: icon, keyboard: false });
    }
    return L.circleMarker(at);
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

  // Everything about a map that does not depend on what it shows.
  start: function (map, layers) {
    map.attributionControl.setPrefix('Leaflet');
    hongtu.name(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.hongtuFlags = L.DomUtil.create('div', 'ht-flags', map.getContainer());
    map.on('overlayadd', function () { hongtu.order(map, layers); });
    hongtu.mouse(map);
    hongtu.zooms(map, layers);
  },

  // The map and what Leaflet puts on it are named in the language of the page, not in English.
  name: function (map) {
    var box = map.getContainer(), said = hongtu.said;
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', said.map);
    [['.leaflet-control-zoom-in', said.closer], ['.leaflet-control-zoom-out', said.farther],
      ['.leaflet-control-layers-toggle', said.layers]].forEach(function (told) {
      var control = box.querySelector(told[0]);
      if (!control) { return; }
      control.title = told[1];
      control.setAttribute('aria-label', told[1]);
    });
  },

  // What a map shows: layers by key, each data and how, and what is said beside them.
  show: function (map, layers, told) {
    hongtu.tell(map, told);
    Object.keys(told.layers).forEach(function (key) {
      hongtu.fill(map, layers[key], told.layers[key].data, told.layers[key].how);
    });
    hongtu.order(map, layers);
  },

  // o: bounds, key, credits, flags.
  tell: function (map, o) {
    (map.hongtuCredits || []).forEach(function (text) { map.attributionControl.removeAttribution(text); });
    map.hongtuCredits = o.credits;
    o.credits.forEach(function (text) { map.attributionControl.addAttribution(text); });
    map.hongtuFlags.innerHTML = o.flags ? '<b>' + o.flags + '</b>' : '';
    hongtu.view(map, L.latLngBounds(o.bounds), 'hongtu.view.' + o.key);
  },

  order: function (map, layers) {
    Object.keys(layers).forEach(function (key) {
      if (map.hasLayer(layers[key])) { layers[key].bringToFront(); }
    });
  },

  // The plugin takes dragging from a mouse that comes in over a mark; only fingers need that.
  mouse: function (map) {
    var gestures = map.gestureHandling;
    if (gestures && !window.matchMedia('(pointer: coarse)').matches) {
      L.DomEvent.off(map, 'mouseout', gestures._handleMouseOut, gestures);
      map.dragging.enable();
    }
  },

  // How thick and large things are at the zoom of the map.
  far: function (map) {
    return Math.min(1.3, Math.max(0.45, 0.45 + (map.getZoom() - 10) * 0.14));
  },

  scaled: function (style, far) {
    var found = L.extend({}, style);
    if (style && style.weight) { found.weight = style.weight * far; }
    if (style && style.radius) { found.radius = style.radius * Math.max(0.6, far); }
    return found;
  },

  // What a zoom changes: names that have room, and how thick and large things are.
  zooms: function (map, layers) {
    function show() {
      var zoom = map.getZoom(), far = hongtu.far(map);
      [13, 14, 15].forEach(function (from) {
        map.getContainer().classList.toggle('ht-zoom' + from, zoom >= from);
      });
      map.getContainer().style.setProperty('--far', Math.min(1, far + 0.15));
      Object.keys(layers).forEach(function (key) {
        var layer = layers[key], styles = layer.hongtu && layer.hongtu.styles;
        if (!styles) { return; }
        layer.eachLayer(function (drawn) {
          var style = styles[drawn.feature.properties.k];
          if (style) { drawn.setStyle(hongtu.scaled(style, far)); }
        });
      });
    }
    map.on('zoomend', show);
    show();
  },

  // The view that a person chose is kept for the tab; until then the map shows all the data.
  view: function (map, bounds, key) {
    var now = map.hongtuView;
    if (now && now.key === key) {
      now.bounds = bounds;
      if (!now.touched) { hongtu.refit(map); }
      return;
    }
    var chosen = null;
    try { chosen = JSON.parse(sessionStorage.getItem(key)); } catch (e) { chosen = null; }
    var known = chosen && chosen.length === 3 && bounds.pad(2).contains([chosen[0], chosen[1]]);
    map.hongtuView = { key: key, bounds: bounds, chosen: known ? chosen : null, touched: !!known };
    if (known) {
      map.setView([chosen[0], chosen[1]], chosen[2], { animate: false });
    } else {
      hongtu.fit(map);
    }
    if (!now) { hongtu.watch(map); }
  },

  fit: function (map) {
    var view = map.hongtuView;
    if (!view.touched && map.getSize().x > 0 && map.getSize().y > 0) {
      map.fitBounds(view.bounds, { padding: [14, 14], animate: false });
    }
  },

  // Other data in the same place: the map stays as it is while they are well seen.
  refit: function (map) {
    var bounds = map.hongtuView.bounds;
    var closer = map.getBoundsZoom(bounds, false, [28, 28]) - map.getZoom();
    if (!map.getBounds().contains(bounds) || closer >= 0.5) { hongtu.fit(map); }
  },

  watch: function (map) {
    var view = function () { return map.hongtuView; };
    ['pointerdown', 'touchstart', 'wheel', 'keydown'].forEach(function (kind) {
      map.getContainer().addEventListener(kind, function () { view().touched = true; }, { capture: true, passive: true });
    });
    map.on('resize', function () { hongtu.fit(map); });
    map.on('moveend', function () {
      if (!view().touched) { return; }
      var c = map.getCenter();
      view().chosen = [c.lat, c.lng, map.getZoom()];
      try {
        sessionStorage.setItem(view().key, JSON.stringify(view().chosen));
      } catch (e) { view().touched = true; }
    });
    if (window.ResizeObserver) {
      new ResizeObserver(function () {
        var kept = view().chosen;  // a map may be given its size only after its view
        map.invalidateSize({ animate: false });
        if (view().touched && kept) { map.setView([kept[0], kept[1]], kept[2], { reset: true }); }
      }).observe(map.getContainer());
    }
  }
};
