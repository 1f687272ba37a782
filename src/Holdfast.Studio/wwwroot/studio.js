// The little that pages need of the browser itself.
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

// The link past the menu moves the focus, and leaves the address as it is.
document.addEventListener('click', e => {
  if (!e.target.closest?.('a.skip')) return;
  e.preventDefault();
  e.stopPropagation();
  document.getElementById('main').focus();
}, true);

// After the connection was lost the framework tries to get it back: soon at first, then every 5 s, for as long as it takes. Where the server does not
// know the page any more, for it was started anew or the page was away for long, the page is loaded again, at its address.
const lost = document.getElementById('components-reconnect-modal');
const sayConnected = () => {
  lost.classList.add('reconnect-is-back');
  setTimeout(() => lost.classList.remove('reconnect-is-back'), 4000);
};
lost.addEventListener('components-reconnect-state-changed', e => {
  if (e.detail.state === 'hide') sayConnected();
  if (e.detail.state === 'rejected') loadAgain();
});
// A server that is about to stop still answers; it says so, and a page that was loaded from it then would be half a page.
async function loadAgain() {
  for (; ;) {
    try {
      if ((await fetch('/healthz', { cache: 'no-store' })).ok) break;
    } catch {
      // Still away.
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
