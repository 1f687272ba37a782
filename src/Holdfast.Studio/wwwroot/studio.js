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

// After the connection was lost the framework tries to get it back. Where the server does not know the page any more (it was started anew), the page is
// loaded again; where it gave up, this goes on trying.
const lost = document.getElementById('components-reconnect-modal');
lost.addEventListener('components-reconnect-state-changed', e => {
  if (e.detail.state === 'rejected') location.reload();
});
setInterval(async () => {
  if (!lost.classList.contains('components-reconnect-failed') && !lost.classList.contains('components-reconnect-rejected')) return;
  try {
    const answer = await fetch('/healthz', { cache: 'no-store' });
    if (answer.ok) location.reload();
  } catch {
    // Still away.
  }
}, 2000);
