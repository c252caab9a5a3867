import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { request } from 'undici';
import type { ArtifactRef } from '../contract.ts';
import { fail } from '../failures.ts';

/**
 * Downloads an artifact into a file and verifies its digest. Raises ArtifactUnavailable, which is retried, where the server does not
 * have it or does not answer, and ArtifactInvalid where the bytes are not those of the digest.
 */
export async function download({ url, digest }: ArtifactRef, file: string): Promise<void> {
  const [algorithm = '', wanted = ''] = digest.split(':');
  if (!algorithms.has(algorithm)) {
    throw fail('ArtifactInvalid', `the artifact's digest ${digest} is of no known algorithm`);
  }
  if (!/^https?:\/\//.test(url)) {
    throw fail('ArtifactInvalid', `the artifact's url ${url} is not on http`);
  }
  const hash = createHash(algorithm);
  await transfer(url, hash, file);
  const found = hash.digest('hex');
  if (found === wanted) return;
  const sums = `its digest is ${algorithm}:${found}, not ${digest}`;
  throw fail('ArtifactInvalid', `the artifact at ${url} is not the one of the source: ${sums}`);
}

async function transfer(
  url: string,
  hash: ReturnType<typeof createHash>,
  file: string,
): Promise<void> {
  try {
    const timeouts = { headersTimeout: 60_000, bodyTimeout: 60_000 };
    const { statusCode, body } = await request(url, timeouts);
    if (statusCode !== 200) {
      await body.dump();
      throw fail('ArtifactUnavailable', `source is not ready: ${url} gives HTTP ${statusCode}`);
    }
    await pipeline(body, measured(hash), createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    const cause = error instanceof Error ? error.message || error.name : String(error);
    throw fail('ArtifactUnavailable', `source is not ready: ${url}: ${cause}`);
  }
}

const algorithms = new Set(['sha256', 'sha384', 'sha512']);
const maxBytes = 512 * 1024 * 1024;

function measured(hash: ReturnType<typeof createHash>): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (size <= maxBytes) done(undefined, chunk);
      else done(fail('ArtifactInvalid', `the artifact is larger than ${maxBytes} bytes`));
    },
  });
}
