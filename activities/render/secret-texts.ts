import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { secretValues } from '../cluster/redact.ts';

/**
 * Every text of a tree that must not appear in a message: the values of Secrets, and whatever the generators of Secrets and inline
 * patches hold. Read only after a build failed, and tolerant of whatever made it fail.
 */
export async function secretTexts(root: string): Promise<Set<string>> {
  const texts = new Set<string>();
  for (const file of await yamlFiles(root)) {
    const content = await readFile(file, 'utf8');
    for (const value of parseLeniently(content)) collect(value, texts);
  }
  return texts;
}

/** The message with every such text replaced, the longest first. */
export function withoutTexts(message: string, texts: ReadonlySet<string>): string {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, text) => rest.replaceAll(text, '***'), message);
}

const maxFileBytes = 1024 * 1024;

async function yamlFiles(directory: string): Promise<string[]> {
  const files: string[] = [];
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const yaml = ['.yaml', '.yml', ''].includes(extname(entry.name));
    if (entry.isFile() && yaml && (await stat(file)).size <= maxFileBytes) files.push(file);
  }
  return files;
}

function parseLeniently(text: string): unknown[] {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent' });
    if (!Array.isArray(documents)) return [];
    return documents.map((document) => document.toJS({ maxAliasCount: 1000 }) as unknown);
  } catch {
    return [];
  }
}

function collect(value: unknown, texts: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const text of secretValues(value)) texts.add(text);
  for (const [name, child] of Object.entries(value)) {
    if (['patch', 'literals'].includes(name)) addLines(child, texts);
    collect(child, texts);
  }
}

/** A patch or a literal is quoted line by line in messages, and its values may be quoted alone. */
function addLines(child: unknown, texts: Set<string>): void {
  const lines = (Array.isArray(child) ? child : [child])
    .filter((item) => typeof item === 'string')
    .flatMap((item) => item.split('\n'));
  for (const line of lines) {
    const value = line.replace(/^[^:=]*[:=]\s*/, '').replace(/^["']|["']$/g, '');
    if (value.length >= 8) texts.add(value);
  }
}
