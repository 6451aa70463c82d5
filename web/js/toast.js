// Messages after an action: one at a time, said politely, and gone after a while, but never while somebody reads them with the pointer
// or the keyboard on them. What went wrong stays until it is closed. z undoes what the message tells (js/keys.js).
const stays = 12_000
const staysWithUndo = 30_000

export function toasts() {
  const box = document.getElementById('toasts')
  if (!box) return
  const timers = new WeakMap()

  const begin = (toast) => {
    clearTimeout(timers.get(toast))
    if (toast.matches('.v-toast-stays, [role=alert]')) return
    timers.set(toast, setTimeout(() => {
      if (toast.matches(':hover') || toast.contains(document.activeElement) || document.hidden) return begin(toast)
      toast.remove()
    }, toast.querySelector('[data-undo]') ? staysWithUndo : stays))
  }
  const welcome = (toast) => {
    for (const other of [...box.children]) if (other !== toast) other.remove()
    begin(toast)
  }
  // What stands there when the page comes is said to nobody: it is put in once more.
  for (const toast of box.children) {
    const line = toast.querySelector('p')
    const words = line?.textContent
    if (words) { line.textContent = ''; setTimeout(() => { line.textContent = words }, 150) }
    begin(toast)
  }
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node instanceof HTMLElement && node.parentElement === box) welcome(node)
  }).observe(box, { childList: true })
  for (const name of ['mouseleave', 'focusout']) {
    box.addEventListener(name, (event) => { const toast = event.target.closest?.('.v-toast'); if (toast) begin(toast) }, true)
  }
}
