#!/usr/bin/env node
// Plain JavaScript, because it prepares the loader that reads the TypeScript of everything else.
import { register } from 'tsx/esm/api';

register();
await import('./cli.ts');
