import { extname } from 'node:path';

/** A file format of SOPS, by the name that its command line takes. */
export type SopsFormat = 'json' | 'yaml' | 'dotenv' | 'ini' | 'binary';

/** The format in which a text was encrypted, by the mark that SOPS leaves in it; undefined for a text that is not encrypted. */
export function encryptedFormat(text: string): SopsFormat | undefined {
  if (/^sops_mac=ENC\[/m.test(text)) return 'dotenv';
  if (/^\[sops\]$/m.test(text) && /^mac\s*=\s*ENC\[/m.test(text)) return 'ini';
  if (/"mac":\s*"ENC\[/.test(text)) return isBinary(text) ? 'binary' : 'json';
  return /^\s+mac: ['"]?ENC\[/m.test(text) ? 'yaml' : undefined;
}

/** The format that a file name asks for; undefined where it asks for none. */
export function formatOfName(name: string): SopsFormat | undefined {
  if (name.endsWith('.dockerconfigjson')) return 'json';
  return byExtension[extname(name === '.env' ? 'x.env' : name)];
}

const byExtension: Record<string, SopsFormat> = {
  '.json': 'json',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.env': 'dotenv',
  '.ini': 'ini',
};

/** SOPS keeps whatever is none of its formats as the only value of a JSON document. */
function isBinary(text: string): boolean {
  try {
    const names = Object.keys(JSON.parse(text) as object).filter((name) => name !== 'sops');
    return names.length === 1 && names[0] === 'data';
  } catch {
    return false;
  }
}
