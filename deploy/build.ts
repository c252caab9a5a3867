import { parseArgs } from 'node:util';
import { compile } from './compile.ts';

/** Compiles for an image: `npm run build -- --out DIR`. */
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
await compile(values.out);
