// A button with data-dialog="id" opens that <dialog>; one with data-close closes the dialog around it.
export function dialogs() {
  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-dialog]')
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog)
      if (dialog) {
        event.preventDefault()
        dialog.showModal()
      }
      return
    }
    const closer = event.target.closest?.('[data-close]')
    if (closer) {
      event.preventDefault()
      closer.closest('dialog, .v-toast')?.[closer.closest('dialog') ? 'close' : 'remove']()
      return
    }
    // A click on the backdrop reports the dialog itself as the target.
    if (event.target instanceof HTMLDialogElement) event.target.close()
  })
}
