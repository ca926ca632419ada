#!/usr/bin/env node
// Plain JavaScript on purpose: it must load on any Node, to say which one is needed.
// It loads the compiled package (dist/) where there is one, else the sources of a checkout.
import { existsSync } from 'node:fs'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `capstorm: needs Node 24 or later, this is ${process.version}; run it through npm (npm start, npx capstorm) in a checkout, or install Node 24`,
  )
  process.exit(64)
}
const compiled = new URL('../dist/cli/main.js', import.meta.url)
const source = new URL('../src/cli/main.ts', import.meta.url)
await import(existsSync(source) ? source.href : compiled.href)
