// A form with data-passkey ("create" or "get") is sent with what a passkey has answered: the browser asks it, with what the server
// gives at data-options. What the person must know of a failure stands in data-failed.
export function passkeys() {
  if (!window.PublicKeyCredential) {
    document.querySelectorAll('form[data-passkey]').forEach((form) => { form.hidden = true })
    return
  }
  document.addEventListener('submit', async (event) => {
    const form = event.target
    if (!form.dataset?.passkey || form.elements.credential.value) return
    event.preventDefault()
    const button = form.querySelector('button')
    const alert = form.querySelector('[role=alert]')
    button.disabled = true
    alert.textContent = ''
    try {
      const response = await fetch(form.dataset.options, { method: 'POST', headers: { Accept: 'application/json' } })
      if (!response.ok) throw new Error(response.statusText)
      const challenge = await response.json()
      const credential = await ask(form.dataset.passkey, challenge.publicKey)
      form.elements.challenge.value = challenge.id
      form.elements.credential.value = JSON.stringify(credential)
      form.submit()
    } catch (error) {
      // Whoever closes the browser's dialog has changed their mind, or has no passkey: both read the same.
      alert.textContent = form.dataset.failed
      button.disabled = false
    }
  })
}

async function ask(what, options) {
  options.challenge = bytes(options.challenge)
  for (const list of [options.allowCredentials, options.excludeCredentials]) {
    for (const entry of list ?? []) entry.id = bytes(entry.id)
  }
  if (what === 'create') {
    options.user.id = bytes(options.user.id)
    const made = await navigator.credentials.create({ publicKey: options })
    return frame(made, {
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    })
  }
  const used = await navigator.credentials.get({ publicKey: options })
  return frame(used, {
    authenticatorData: text(used.response.authenticatorData),
    signature: text(used.response.signature),
    userHandle: used.response.userHandle ? text(used.response.userHandle) : undefined,
  })
}

function frame(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
  }
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
}

function text(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
