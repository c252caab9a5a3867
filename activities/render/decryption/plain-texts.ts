import { parseAllDocuments } from 'yaml';
import type { SopsFormat } from './format.ts';

/** The texts of a value that stand otherwise, or not at all, in its encrypted form. Shorter ones than four characters tell nothing. */
export function changedTexts(encrypted: unknown, plain: unknown): string[] {
  if (typeof plain === 'string' || typeof plain === 'number') {
    const text = String(plain);
    if (plain === encrypted || text.length < 4) return [];
    return text.includes('\n') ? [text, ...longLines(text)] : [text];
  }
  if (typeof plain !== 'object' || plain === null) return [];
  const before: Record<string, unknown> =
    typeof encrypted === 'object' && encrypted !== null ? { ...encrypted } : {};
  return Object.entries(plain).flatMap(([name, child]) => changedTexts(before[name], child));
}

/** The texts of a decrypted file that were encrypted: values of YAML and JSON, lines and what stands behind their `=` of the rest. */
export function plainTexts(encrypted: string, plain: string, format: SopsFormat): string[] {
  const values = format === 'yaml' || format === 'json' ? parse(plain) : undefined;
  if (values) return changedTexts(parse(encrypted), values);
  const lines = longLines(plain);
  const rest = lines.map((line) => line.replace(/^[^=]*=/, '')).join('\n');
  return [plain, ...lines, ...longLines(rest)];
}

function longLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.length >= 4);
}

/** Undefined for a text that kustomize will refuse, whose lines are secret nevertheless. */
function parse(text: string): unknown[] | undefined {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent' });
    if (!Array.isArray(documents)) return [];
    return documents.map((document) => document.toJS() as unknown);
  } catch {
    return undefined;
  }
}
