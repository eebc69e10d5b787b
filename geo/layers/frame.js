// A map that stays in its frame while what it shows changes: the page around it sends the layers,
// by the protocol of Streamlit's components, and names the file of the ground under them.
hongtu.listen = function (map, layers) {
  var turn = 0, ground = null;

  // Who does not see the page hears what the frame is, instead of the name of a component.
  if (window.frameElement) { window.frameElement.title = document.title; }

  function below(url) {
    if (url === ground) { return Promise.resolve(); }
    return fetch(url).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status + ' ' + url); }
      return answer.json();
    }).then(function (part) {
      ground = url;
      hongtu.fill(map, layers.ground, part.data, part.how);
    });
  }

  // The canvases are drawn in the next frame; what is painted then is told to who looks.
  function painted(mine, digest) {
    L.Util.requestAnimFrame(function () {
      if (mine === turn) { map.getContainer().dataset.painted = digest; }
    });
  }

  window.addEventListener('message', function (event) {
    if (event.source !== window.parent || !event.data || event.data.type !== 'streamlit:render') { return; }
    var args = event.data.args, mine = ++turn;
    map.invalidateSize({ animate: false });  // the frame is hidden until it is told something
    hongtu.show(map, layers, JSON.parse(new TextDecoder().decode(args.told)));
    below(args.ground).catch(function (fault) { console.warn(fault.message); })
      .then(function () { painted(mine, args.digest); });
  });
  window.parent.postMessage({ isStreamlitMessage: true, type: 'streamlit:componentReady', apiVersion: 1 }, '*');
};
