// Menus are <details class="v-menu">. Escape and a click outside close them; opening one closes the others.
export function menus() {
  const open = () => document.querySelectorAll('details.v-menu[open]')
  document.addEventListener('click', (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement)
      menu.open = false
      if (inside) menu.querySelector('summary').focus()
    }
  })
  document.addEventListener('toggle', (event) => {
    const menu = event.target
    if (!(menu instanceof HTMLDetailsElement) || !menu.matches('.v-menu') || !menu.open) return
    for (const other of open()) if (other !== menu) other.open = false
    menu.querySelector('input[type=search][data-narrow]')?.focus()
  }, true)
  // A search field in a menu narrows its list.
  document.addEventListener('input', (event) => {
    const field = event.target
    if (!field.matches?.('input[data-narrow]')) return
    const wanted = field.value.trim().toLocaleLowerCase()
    for (const item of field.closest('.v-menu-body').querySelectorAll('[data-name]')) {
      item.hidden = !item.dataset.name.toLocaleLowerCase().includes(wanted)
    }
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches?.('input[data-narrow]')) return
    event.preventDefault()
    event.target.closest('.v-menu-body').querySelector('[data-name]:not([hidden]) a')?.click()
  })
}
