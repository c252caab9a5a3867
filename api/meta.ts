import { z } from 'zod';
import { durationPattern, timeoutPattern } from './duration.ts';

/** A duration such as `5m`, with the description that its field needs. */
export function duration(description: string): z.ZodString {
  return durationLike(durationPattern, '90s, 5m or 1h30m').describe(description);
}

/** How long an operation of a source may take; 60s where absent. */
export function timeout(description: string): z.ZodDefault<z.ZodString> {
  return durationLike(timeoutPattern, '90s or 5m').default('60s').describe(description);
}

function durationLike(pattern: RegExp, examples: string): z.ZodString {
  return z.string().regex(pattern, {
    error: ({ input }) => `${JSON.stringify(input)} is no duration: write it like ${examples}`,
  });
}

/** A point in time as the API server writes it. */
export function time(description: string): z.ZodString {
  return z.string().meta({ format: 'date-time', description });
}

/** A reference to an object of the same namespace. */
export function localReference(description: string): z.ZodObject<{ name: z.ZodString }> {
  return z.object({ name: z.string().describe('Name of the object.') }).describe(description);
}

/** metav1.Condition, with the limits that the Kubernetes API sets. */
export const Condition = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
      )
      .describe('What the condition tells, in CamelCase.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why it came to this status, as one CamelCase word for programs.'),
    message: z.string().max(32_768).describe('The same for people.'),
    lastTransitionTime: time('When the status last changed.'),
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .describe('Generation of the spec that the condition speaks of.'),
  })
  .describe('One aspect of the state of the object.');
export type Condition = z.infer<typeof Condition>;

/** Key in the metadata of an artifact: a JSON array of the directories that differ from the artifact before. */
export const changedDirectories = 'sluice.dev/changed-directories';

/** Key in the metadata of an artifact: the trace in which it was made, as W3C writes it, so that those who follow the source go on with it. */
export const traceparent = 'sluice.dev/traceparent';

/** Key in the metadata of an artifact: when its commit was made, as RFC 3339. */
export const committedAt = 'sluice.dev/committed-at';

/** An artifact in the status of a source: a tar.gz that can be downloaded and verified. */
export const Artifact = z
  .object({
    path: z.string().describe('Path of the file in the storage of the sources.'),
    url: z.string().describe('Where the file can be downloaded.'),
    revision: z.string().describe('What the file holds, such as main@sha1:<hash>.'),
    digest: z
      .string()
      .regex(/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/)
      .optional()
      .describe('Digest of the file, as <algorithm>:<hex>.'),
    lastUpdateTime: time('When the file was made.'),
    size: z.int().optional().describe('Size of the file in bytes.'),
    metadata: z
      .record(z.string(), z.string())
      .optional()
      .describe('What the origin tells of the artifact, such as the annotations of an image.'),
  })
  .describe('A produced file.');
export type Artifact = z.infer<typeof Artifact>;

/** Status fields that every kind has. */
export const commonStatus = {
  conditions: z.array(Condition).optional().describe('The state of the object, aspect by aspect.'),
  observedGeneration: z
    .int()
    .optional()
    .describe('The last generation of the spec that was brought to an end.'),
  lastHandledReconcileAt: z
    .string()
    .optional()
    .describe(
      'The value of the annotation reconcile.fluxcd.io/requestedAt that was last acted on.',
    ),
};

/** The part of an object's metadata that is read through a schema. */
export const objectMeta = z.looseObject({ name: z.string(), namespace: z.string().optional() });
