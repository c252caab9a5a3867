#!/usr/bin/env node
// Plain JavaScript, because it looks for what was compiled before it prepares the loader that reads TypeScript.
import { existsSync } from 'node:fs';

const compiled = new URL('./cli.js', import.meta.url);
if (existsSync(compiled)) await import(compiled);
else {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./cli.ts');
}
