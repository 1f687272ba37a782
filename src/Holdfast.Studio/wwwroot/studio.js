// Functions of the browser that pages call.
window.holdfast = {
  isDark() {
    const chosen = localStorage.getItem('holdfast-colours');
    return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  },
  setDark(isDark) {
    localStorage.setItem('holdfast-colours', isDark ? 'dark' : 'light');
    holdfast.paint();
  },
  paint() {
    document.documentElement.dataset.colours = holdfast.isDark() ? 'dark' : 'light';
  },
  copy(text) {
    return navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => false) : false;
  },
  zone() {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
  },
};
holdfast.paint();

// The skip link moves the focus to the content and does not change the URL.
document.addEventListener('click', e => {
  if (!e.target.closest?.('a.skip')) return;
  e.preventDefault();
  e.stopPropagation();
  document.getElementById('main').focus();
}, true);

// The server handles the forms of a page, except plain forms, which use POST. The browser must not submit one while the page is not
// connected: that would leave the page.
document.addEventListener('submit', e => {
  if (e.target.method !== 'post') e.preventDefault();
}, true);

// When the connection is lost, the framework reconnects: soon at first, then every 5 s, without limit. If the server no longer knows the
// page, because it was restarted or the page was disconnected for too long, the page is reloaded at its URL.
const lost = document.getElementById('components-reconnect-modal');
const sayConnected = () => {
  lost.classList.add('reconnect-is-back');
  setTimeout(() => lost.classList.remove('reconnect-is-back'), 4000);
};
lost.addEventListener('components-reconnect-state-changed', e => {
  if (e.detail.state === 'hide') sayConnected();
  if (e.detail.state === 'rejected') loadAgain();
});
// A server that is stopping still answers, but its health check fails; a page loaded from it then would be incomplete.
async function loadAgain() {
  for (; ;) {
    try {
      if ((await fetch('/healthz', { cache: 'no-store' })).ok) break;
    } catch {
      // The server does not answer yet.
    }
    await new Promise(later => setTimeout(later, 1000));
  }
  sessionStorage.setItem('holdfast-was-lost', 'yes');
  location.reload();
}
if (sessionStorage.getItem('holdfast-was-lost')) {
  sessionStorage.removeItem('holdfast-was-lost');
  sayConnected();
}
Blazor.start({ circuit: { reconnectionOptions: { maxRetries: Number.MAX_SAFE_INTEGER, retryIntervalMilliseconds: tries => Math.min(250 * 2 ** tries, 5000) } } });
