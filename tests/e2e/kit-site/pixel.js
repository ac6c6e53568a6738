// The pixel's base code, as Meta gives it to sites, for the dataset 1234567890.
(function (w, d) {
  if (w.fbq) return;
  const fbq = (w.fbq = function () {
    if (fbq.callMethod) fbq.callMethod.apply(fbq, arguments);
    else fbq.queue.push(arguments);
  });
  w._fbq ??= fbq;
  fbq.push = fbq;
  fbq.loaded = true;
  fbq.version = "2.0";
  fbq.queue = [];
  const script = d.createElement("script");
  script.async = true;
  script.src = "https://connect.facebook.net/en_US/fbevents.js";
  d.head.append(script);
})(window, document);
window.fbq("init", "1234567890");
