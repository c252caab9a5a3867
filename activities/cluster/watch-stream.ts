import { ApiError } from './api-error.ts';
import type { KubeObject } from './object.ts';

/** One event of a watch. ERROR carries a Status object; its code 410 means: list again. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/** The forms of an answer that holds nothing but the metadata of objects: of one object or a watch, and of a list. */
export const metadataOnly = {
  one: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
} as const;

/** Splits the answer of a watch request into its events, one JSON value a line. Raises ApiError for a line that no object is as long as. */
export async function* readWatch(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      rest.push(chunk.subarray(from, at));
      const line = Buffer.concat(rest).toString('utf8');
      rest = [];
      length = 0;
      from = at + 1;
      if (line.trim() !== '') yield JSON.parse(line) as WatchEvent;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxLine) throw new ApiError(413, 'TooLarge', 'an event of a watch is too large');
  }
}

const newline = 0x0a;
/** Ten times what the API server stores of an object. */
const maxLine = 16 * 1024 * 1024;
