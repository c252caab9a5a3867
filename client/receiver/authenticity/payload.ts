import { z } from 'zod';
import { Refusal } from './message.ts';

/** The body as JSON that fits a schema. Raises Refusal, which does not repeat the body. */
export function jsonOf<T>(body: Buffer, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal('the body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Refusal(`the body is not what this type of Receiver takes${where && `: see ${where}`}`);
}

const text = z.string().nullish();

/** What registries tell of a push; nothing of it has to be there, but what is has to be of its type. */
export const registryPayloads = {
  dockerhub: z
    .looseObject({
      push_data: z.looseObject({ tag: text }).nullish(),
      repository: z.looseObject({ repo_url: text }).nullish(),
    })
    .nullable(),
  quay: z.looseObject({ docker_url: text, updated_tags: z.array(z.string()).nullish() }).nullable(),
  acr: z
    .looseObject({
      action: text,
      target: z.looseObject({ repository: text, tag: text }).nullish(),
    })
    .nullable(),
  nexus: z.looseObject({ action: text, repositoryName: text }).nullable(),
} as const;

/** A message that Pub/Sub delivers. */
export const PubSubMessage = z.looseObject({
  message: z.looseObject({ data: text }).nullish(),
});

/** What Google's registries tell inside of it. */
export const RegistryEvent = z.object({
  action: z.string().default(''),
  digest: z.string().default(''),
  tag: z.string().default(''),
});
