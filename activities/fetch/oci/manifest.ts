import { createHash } from 'node:crypto';
import { z } from 'zod';

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
/** Names a blob or a manifest by its digest. */
export type Descriptor = z.infer<typeof descriptor>;

const manifest = z.object({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptor.optional(),
  layers: z.array(descriptor).max(10_000).nullish(),
  manifests: z.array(descriptor).max(10_000).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
/** A manifest, or an index of manifests. */
export type Manifest = z.infer<typeof manifest>;

/** The media types of manifests and indexes that can be read. */
export const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/** Reads a manifest; raises an Error that names what is wrong with it. */
export function parseManifest(bytes: Uint8Array): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new Error('the manifest is no JSON');
  }
  const parsed = manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  throw new Error(
    `the manifest is malformed: ${fault?.path.join('.') ?? ''}: ${fault?.message ?? ''}`,
  );
}

/** The digest of bytes, as manifests write it. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
