import type { SourceText } from './sources.ts';

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** `file:line` of its first line, for messages. */
  readonly at: string;
}

/** The fenced blocks of a document, in order. */
export function blocksOf({ path, text }: SourceText): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let open: { language: string; from: number } | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('```')) continue;
    if (open) {
      const content = lines.slice(open.from, index).join('\n');
      blocks.push({ language: open.language, text: content, at: `${path}:${open.from + 1}` });
      open = undefined;
    } else open = { language: line.slice(3).trim(), from: index + 1 };
  }
  return blocks;
}

/** The text of a document without its fenced blocks. */
export function proseOf({ text }: SourceText): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

/** What stands between single backticks. */
export function codeSpansOf(document: SourceText): string[] {
  return [...proseOf(document).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** The targets of the links and pictures. */
export function linksOf(document: SourceText): string[] {
  const text = proseOf(document).replaceAll(/`[^`\n]+`/g, '``');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors of the headings, as GitHub makes them. */
export function anchorsOf(document: SourceText): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(document).matchAll(/^#+ (.+)$/gm)) {
    const plain = heading.replaceAll(/[`*]/g, '').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The commands in the shell blocks: one a line, without what follows a pipe, a redirection or a comment. */
export function commandsOf(document: SourceText): { words: string[]; at: string }[] {
  return blocksOf(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text, at }) =>
      withoutHereDocuments(text.replaceAll('\\\n', ' '))
        .split(/\n|&&|;|\|/)
        .map((line) => ({ words: wordsOf(line), at }))
        .filter(({ words }) => words.length > 0),
    );
}

function withoutHereDocuments(text: string): string {
  return text.replaceAll(/<<'?(\w+)'?[\s\S]*?\n\1(?=\n|$)/g, '');
}

/** Splits a line as a shell does, as far as quotes and comments go; `eval "$(…)"` and `source <(…)` give what is inside. */
function wordsOf(line: string): string[] {
  const inner = /^\s*(?:eval "\$\(|source <\()(.+?)\)"?\s*(?:#.*)?$/.exec(line)?.[1] ?? line;
  const words: string[] = [];
  for (const [word] of inner.matchAll(/#.*$|(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    if (word.startsWith('#') || word === '&' || word.startsWith('>')) break;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words;
}
