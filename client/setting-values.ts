import { z } from 'zod';
import { durationPattern, parseDuration } from '../api/index.ts';
import { labelSelector } from '../activities/cluster/selector.ts';

/** A switch: `--name` alone, or with true, false, 1, 0, yes, no. */
export function flag(standard: boolean): z.ZodType<boolean, string | undefined> {
  return z.stringbool({ truthy: ['true', '1', 'yes', ''] }).default(standard);
}

/** A duration such as 30s, read as milliseconds. */
export function duration(standard: string): z.ZodType<number, string | undefined> {
  const error = 'write a duration like 90s, 5m or 1h30m';
  const text = z.string().regex(durationPattern, { error });
  return text.transform(parseDuration).prefault(standard).meta({ standard });
}

/** A whole number between two others. */
export function whole(standard: number, min: number, max = 1_000_000): z.ZodType<number> {
  return z.coerce.number().int().min(min).max(max).default(standard);
}

/** One of several names; the fault of another one lists them. */
export function oneOf<Name extends string>(names: readonly Name[]): z.ZodType<Name, string> {
  const error = `is not known; there are ${names.join(', ')}`;
  const isName = (text: string): text is Name => names.some((name) => name === text);
  return z.string().refine(isName, { error });
}

/** Values separated by commas; the flag may be repeated, too. */
export function list<Item extends string = string>(
  item: z.ZodType<Item, string>,
): z.ZodType<Item[], string | undefined>;
export function list(): z.ZodType<string[], string | undefined>;
export function list(
  item: z.ZodType<string, string> = z.string(),
): z.ZodType<string[], string | undefined> {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(item))
    .prefault('')
    .meta({ repeats: true, standard: '' });
}

/** A label selector as Kubernetes writes it; commas belong to it. */
export const selector = z.string().superRefine((text, context) => {
  try {
    labelSelector(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: 'custom', message });
  }
});

/** `host:port`, `:port` for all addresses of the machine, or `0` for nothing at all. */
export const listenAddress = z.string().regex(/^(0|[^:]*:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5})$/, {
  error: 'write host:port or :port, or 0 to switch it off',
});
