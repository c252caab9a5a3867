import { z } from 'zod';
import { taskQueue } from '../workflows/messages.ts';
import { readCommandLine } from './command-line.ts';
import { featureGates } from './feature-gates.ts';
import { createLog, logLevels, type Log } from './log.ts';
import { defaultTemporalAddress } from './settings.ts';

/** The settings that worker and bridge have in common. */
export const serviceSettings = {
  TEMPORAL_ADDRESS: z
    .string()
    .default(defaultTemporalAddress)
    .describe('address of the Temporal frontend'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal namespace'),
  KUBECONFIG: z.string().optional().describe('kubeconfig of the cluster; in a pod its own account'),
  RUNTIME_NAMESPACE: z.string().default('flux-system').describe('namespace of the service'),
  SLUICE_TASK_QUEUE: z
    .string()
    .min(1)
    .default(taskQueue)
    .describe('task queue; the workers of a shard have their own'),
  SLUICE_FEATURE_GATES: featureGates.describe('Name=true or Name=false, separated by commas'),
  SLUICE_LOG_LEVEL: z.enum(logLevels).default('info').describe(logLevels.join(', ')),
  SLUICE_LOG_ENCODING: z
    .literal('json', { error: 'json is the only encoding that there is' })
    .default('json')
    .describe('json'),
};

/** What the settings of a service hold at least. */
export type ServiceSettings = z.infer<z.ZodObject<typeof serviceSettings>>;

/** Reads settings by a schema; raises an Error that names every variable at fault. */
export function readSettings<Settings>(
  schema: z.ZodType<Settings>,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`wrong settings: ${faults.join('; ')}`);
}

/**
 * Reads the settings of this process from its flags and its environment, opens its log, and logs what was given without effect. Prints
 * the help and exits where that is asked for; raises an Error that names what is wrong.
 */
export function openService<Settings extends ServiceSettings>(
  schema: z.ZodObject & z.ZodType<Settings>,
  idleFlags: Readonly<Record<string, string>>,
): { settings: Settings; log: Log } {
  const commandLine = readCommandLine(process.argv.slice(2), schema, idleFlags);
  if (commandLine.help !== undefined) {
    process.stdout.write(commandLine.help);
    process.exit();
  }
  const settings = readSettings<Settings>(schema, { ...process.env, ...commandLine.settings });
  const log = createLog({ level: settings.SLUICE_LOG_LEVEL });
  for (const flag of commandLine.idle) log.info(`${flag} has no effect`, { why: idleFlags[flag] });
  for (const [gate, why] of Object.entries(settings.SLUICE_FEATURE_GATES.idle)) {
    log.info(`feature gate ${gate} has no effect`, { why });
  }
  return { settings, log };
}
