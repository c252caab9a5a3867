/** Which end of a value a pattern is matched against, and whether the shortest or the longest match counts. */
export interface TrimRule {
  readonly end: 'prefix' | 'suffix';
  readonly longest: boolean;
}

/**
 * The value without the part at one end that matches a shell pattern: `*`, `?`, `[a-z]`, `[^a]` and a backslash before a literal.
 * The value itself where nothing matches or the pattern is malformed. Takes time in proportion to value times pattern, never more.
 */
export function trim(value: string, pattern: string, { end, longest }: TrimRule): string {
  const tokens = tokensOf(Array.from(pattern));
  if (!tokens) return value;
  const characters = Array.from(value);
  const forwards = end === 'prefix';
  const lengths = matchingLengths(
    forwards ? characters : [...characters].reverse(),
    forwards ? tokens : [...tokens].reverse(),
  );
  const length = longest ? lengths.at(-1) : lengths[0];
  if (length === undefined) return value;
  const rest = forwards ? characters.slice(length) : characters.slice(0, -length);
  return rest.join('');
}

/** One step of a pattern: any run of characters, or one character that passes a test. */
type Token = 'star' | ((character: string) => boolean);

/** Undefined where a bracket is not closed or a backslash ends the pattern. */
function tokensOf(pattern: readonly string[]): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*') tokens.push('star');
    else if (character === '?') tokens.push(() => true);
    else if (character === '[') {
      const close = pattern.indexOf(']', at + 2);
      if (close < 0) return undefined;
      tokens.push(classOf(pattern.slice(at + 1, close)));
      at = close;
    } else {
      const literal = character === '\\' ? pattern[++at] : character;
      if (literal === undefined) return undefined;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

function classOf(content: readonly string[]): Token {
  const negated = content[0] === '^' || content[0] === '!';
  const members = negated ? content.slice(1) : content;
  const ranges: [string, string][] = [];
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? '';
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([from, isRange ? (members[at + 2] ?? from) : from]);
    if (isRange) at += 2;
  }
  return (character) =>
    negated !== ranges.some(([from, to]) => character >= from && character <= to);
}

/** How many characters from the start, one at least, the whole pattern can stand for: all positions are followed at once. */
function matchingLengths(characters: readonly string[], tokens: readonly Token[]): number[] {
  const lengths: number[] = [];
  let reached = skipStars(new Set([0]), tokens);
  for (const [index, character] of characters.entries()) {
    const next = new Set<number>();
    for (const position of reached) {
      const token = tokens[position];
      if (token === 'star') next.add(position);
      else if (token?.(character)) next.add(position + 1);
    }
    if (next.size === 0) break;
    reached = skipStars(next, tokens);
    if (reached.has(tokens.length)) lengths.push(index + 1);
  }
  return lengths;
}

/** A star may stand for nothing. A set that grows while it is walked is walked to its end. */
function skipStars(reached: Set<number>, tokens: readonly Token[]): Set<number> {
  for (const position of reached) {
    if (tokens[position] === 'star') reached.add(position + 1);
  }
  return reached;
}
