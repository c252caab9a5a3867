import type { KubeObject } from './object.ts';

/** One event of a watch. ERROR carries a Status object; its code 410 means: list again. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/** Splits the answer of a watch request into its events, one JSON value a line. */
export async function* readWatch(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  let rest: Buffer[] = [];
  for await (const chunk of body) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      rest.push(chunk.subarray(from, at));
      const line = Buffer.concat(rest).toString('utf8');
      rest = [];
      from = at + 1;
      if (line.trim() !== '') yield JSON.parse(line) as WatchEvent;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
}

const newline = 0x0a;
