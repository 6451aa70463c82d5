// Builds the front-end assets into internal/kit/ui/dist, from which the Go binary embeds them.
// Names carry a hash of the content, so that browsers may keep them for ever.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, extname, basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import { PurgeCSS } from 'purgecss'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const web = join(root, 'web')
const dist = join(root, 'internal/kit/ui/dist')
const scriptLimit = 300_000 // bytes of compressed JavaScript on any page

const sources = [...walk(join(root, 'internal'), ['.templ', '.go']), ...walk(join(root, 'test'), ['.templ', '.go'])]
  .filter((path) => !path.endsWith('_templ.go'))

// htmx and idiomorph evaluate text for features that we switch off (hx-on, filters, hx-vals js:). The
// calls are taken out, so that nothing in the bundle can need 'unsafe-eval'.
const withoutEval = {
  name: 'without-eval',
  setup(build) {
    build.onLoad({ filter: /(htmx\.esm|idiomorph-ext\.esm|cytoscape\.esm)\.m?js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(/\beval\(str\)/g, 'undefined')
        .replace(/new Function\('event', code\)/g, '(() => {})')
        .replace(/Function\('return this'\)\(\)/g, 'globalThis')
        .replace(/return Function\([^\n]*/g, 'return undefined'),
      loader: 'js',
    }))
  },
}
const outputs = new Map() // logical name → { name, body }

await scripts()
await styles()
icons()
licences()
outputs.set('favicon.svg', { body: readFileSync(join(web, 'favicon.svg')) })
write()

// scripts bundles each entry; htmx and its extensions travel in app.js, the rest is loaded on demand.
async function scripts() {
  for (const name of ['app', 'graph', 'chart']) {
    const result = await esbuild.build({
      entryPoints: [join(web, `${name}.js`)],
      bundle: true, minify: true, write: false, format: 'esm', target: 'es2022',
      legalComments: 'none', charset: 'utf8', logLevel: 'warning',
      inject: name === 'app' ? [join(web, 'inject.js')] : [],
      plugins: [withoutEval],
    })
    const body = Buffer.from(result.outputFiles[0].contents)
    if (/[^.\w]Function\(|[^.\w]eval\(/.test(body)) throw new Error(`${name}.js would need eval, which the content policy forbids`)
    outputs.set(`${name}.js`, { body })
  }
}

// styles takes Tabler as the lowest layer, drops the rules that no template uses, and minifies.
async function styles() {
  const result = await esbuild.build({
    entryPoints: [join(web, 'app.css')],
    bundle: true, write: false, minify: false, logLevel: 'warning', external: ['data:*'],
    loader: { '.woff2': 'empty', '.woff': 'empty' },
  })
  const [purged] = await new PurgeCSS().purge({
    css: [{ raw: result.outputFiles[0].text }],
    content: [
      ...sources.map((path) => ({ raw: readFileSync(path, 'utf8'), extension: 'txt' })),
      ...walk(web, ['.js']).map((path) => ({ raw: readFileSync(path, 'utf8'), extension: 'txt' })),
    ],
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
    safelist: { standard: [/^v-/, /^:/, /^html/, /^body/, /data-bs-theme/, /^u-/, /^uplot/, /^htmx-/], greedy: [/uplot/] },
    variables: true,
    keyframes: true,
  })
  const small = await esbuild.transform(purged.css, { loader: 'css', minify: true, target: 'es2022', legalComments: 'none' })
  outputs.set('app.css', { body: Buffer.from(small.code) })
}

// icons gathers the icons that the sources name, and those of web/icons.txt whose names come from data.
function icons() {
  const names = new Set(
    readFileSync(join(web, 'icons.txt'), 'utf8').split('\n').map((line) => line.replace(/#.*/, '').trim()).filter(Boolean))
  for (const path of sources) {
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/\bIcon(?:\(|:\s*)"([a-z0-9-]+)"/g)) names.add(name)
  }
  const symbols = [...names].sort().map((name) => {
    const path = join(root, 'node_modules/@tabler/icons/icons/outline', `${name}.svg`)
    if (!existsSync(path)) throw new Error(`there is no Tabler icon "${name}"; see https://tabler.io/icons`)
    const inner = readFileSync(path, 'utf8').replace(/<!--[\s\S]*?-->/g, '').match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1]
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, '')}</symbol>`
  })
  outputs.set('icons.svg', { body: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`) })
}

// licences gathers the texts of what the bundles contain: they ask to be passed on with every copy.
function licences() {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const texts = Object.keys(dependencies).sort().map((name) => {
    const folder = join(root, 'node_modules', name)
    const { version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Copyright (c) ${author?.name ?? author ?? name}. Licence: ${license}, whose text stands elsewhere on this page.`
    return `${name} ${version}\n\n${text}\n`
  })
  outputs.set('licences.txt', { body: Buffer.from(texts.join('\n' + '-'.repeat(78) + '\n\n')) })
}

function write() {
  mkdirSync(dist, { recursive: true })
  for (const old of readdirSync(dist)) if (old !== '.gitkeep') rmSync(join(dist, old), { recursive: true })
  const manifest = {}
  const sizes = {}
  for (const [logical, { body }] of outputs) {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
    const extension = extname(logical)
    const name = `${basename(logical, extension)}.${hash}${extension}`
    const gz = gzipSync(body, { level: 9 })
    const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } })
    writeFileSync(join(dist, name), body)
    writeFileSync(join(dist, `${name}.gz`), gz)
    writeFileSync(join(dist, `${name}.br`), br)
    manifest[logical] = name
    sizes[logical] = gz.length
    console.log(`${name.padEnd(28)} ${String(body.length).padStart(8)} B  gzip ${String(gz.length).padStart(7)} B  br ${String(br.length).padStart(7)} B`)
  }
  const heaviest = sizes['app.js'] + sizes['graph.js'] + sizes['chart.js']
  if (heaviest > scriptLimit) throw new Error(`a page with every script has ${heaviest} bytes of JavaScript; the limit is ${scriptLimit}`)
  writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n')
}

function walk(folder, extensions) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.startsWith(dist))
    .sort()
}
