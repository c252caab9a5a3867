import { parseAllDocuments, stringify, type ScalarTag } from 'yaml';
import { fail } from '../failures.ts';

/** The values of all documents in a YAML text, empty ones left out; scalars mean what they mean to kubectl, YAML 1.1's `yes` and `0644` too. Raises BuildFailed with the place of a fault and none of its text, which may be secret. */
export function parseYaml(text: string, title: string): unknown[] {
  const values: unknown[] = [];
  const documents = parseAllDocuments(text, {
    prettyErrors: true,
    logLevel: 'silent',
    merge: true,
    customTags: (tags) => [...oldScalars, ...tags],
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

/** A value as kustomize would write it: keys sorted, plain wherever YAML 1.1 allows, long texts as blocks. */
export function formatYaml(value: unknown): string {
  return stringify(value, {
    sortMapEntries: true,
    lineWidth: 0,
    blockQuote: 'literal',
    singleQuote: true,
    version: '1.1',
    aliasDuplicateObjects: false,
  });
}

/** What Kubernetes' own parser reads as a boolean or a number and YAML 1.2 does not. */
const oldScalars: ScalarTag[] = [
  scalar('bool', /^(?:y|Y|yes|Yes|YES|on|On|ON)$/, () => true),
  scalar('bool', /^(?:n|N|no|No|NO|off|Off|OFF)$/, () => false),
  scalar('int', /^[-+]?0[0-7]+$/, (text) => {
    const value = parseInt(text.replace(/^[-+]/, ''), 8);
    return text.startsWith('-') ? -value : value;
  }),
  scalar('int', /^[-+]?[0-9]+(?:_[0-9]+)+$/, (text) => Number(text.replaceAll('_', ''))),
];

function scalar(name: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve };
}

/** `BAD_INDENT` becomes `bad indent`: the code tells the fault without quoting the text. */
function inWords(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
