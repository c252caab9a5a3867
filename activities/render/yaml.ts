import { parseAllDocuments } from 'yaml';
import { fail } from '../failures.ts';

/** The values of all documents in a YAML text, empty ones left out. Raises BuildFailed with the place of a fault and none of its text, which may be secret. */
export function parseYaml(text: string, title: string): unknown[] {
  const values: unknown[] = [];
  const documents = parseAllDocuments(text, {
    prettyErrors: true,
    logLevel: 'silent',
    merge: true,
  });
  if (!Array.isArray(documents)) return values;
  for (const document of documents) {
    const [fault] = document.errors;
    if (fault) {
      const at = fault.linePos?.[0];
      const place = at ? ` at line ${at.line}, column ${at.col}` : '';
      throw fail('BuildFailed', `${title} is not valid YAML: ${inWords(fault.code)}${place}`);
    }
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    if (value !== null && value !== undefined) values.push(value);
  }
  return values;
}

/** `BAD_INDENT` becomes `bad indent`: the code tells the fault without quoting the text. */
function inWords(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
