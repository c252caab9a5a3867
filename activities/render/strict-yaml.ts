import { readFile } from 'node:fs/promises';
import { isScalar, parseAllDocuments, visit } from 'yaml';
import { fail } from '../failures.ts';
import { parseYaml } from './yaml.ts';

/**
 * The values of a file that decides which other files a build reads. Raises BuildFailed, beside what parseYaml does, for what one YAML
 * parser reads differently from another: kustomize must see the same references as the check before it.
 */
export async function readStrictYaml(file: string, title: string): Promise<unknown[]> {
  const bytes = await readFile(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('BuildFailed', `${title} is not UTF-8 text`);
  }
  return parseStrictYaml(text, title);
}

/** The same for a text at hand. */
export function parseStrictYaml(text: string, title: string): unknown[] {
  if (otherBreaks.test(text)) {
    throw refuse(title, 'a control character, or a line break other than LF and CRLF');
  }
  if (/^%/m.test(text)) throw refuse(title, 'a YAML directive');
  const values = parseYaml(text, title);
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    visit(document, {
      Pair: (_, { key }) => {
        if (isScalar(key) && key.value === '<<') throw refuse(title, 'a merge key');
        if (!isScalar(key)) throw refuse(title, 'a key that is no text');
      },
      Value: (_, { tag }) => {
        if (tag) throw refuse(title, 'a YAML tag');
      },
    });
  }
  return values;
}

/** What other parsers of YAML take for the end of a line or do not take at all. */
const otherBreaks = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/;

function refuse(title: string, what: string): Error {
  return fail(
    'BuildFailed',
    `${title} holds ${what}, which is not allowed in a kustomization or the configuration of a plugin`,
  );
}
