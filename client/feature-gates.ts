import type { z } from 'zod';
import { list } from './setting-values.ts';

/** The feature gates that act here, with what holds where nothing is said. */
const standard = {
  StrictPostBuildSubstitutions: true,
  DisableFailFastBehavior: false,
  AdditiveCELDependencyCheck: false,
  CancelHealthCheckOnNewRevision: true,
  DisableConfigWatchers: false,
  /** Artifacts of other producers are accepted from objects of the kind ExternalArtifact. */
  ExternalArtifact: true,
};

/** What an open gate means. */
const meanings: Readonly<Record<keyof typeof standard, string>> = {
  StrictPostBuildSubstitutions:
    'a variable that is not set and has no default fails the build; it is empty where closed',
  DisableFailFastBehavior: 'health checks wait for what has failed until their time-out',
  AdditiveCELDependencyCheck: 'a readyExpr counts beside the ready condition and not in its place',
  CancelHealthCheckOnNewRevision: 'news ends a health wait',
  DisableConfigWatchers: 'labelled ConfigMaps and Secrets wake nobody',
  ExternalArtifact: 'artifacts of other producers are accepted from objects of that kind',
};

/** Gates of Flux's controllers that switch nothing here, each with the reason. */
const idle: Readonly<Record<string, string>> = {
  CacheSecretsAndConfigMaps:
    'Secrets and ConfigMaps are read when they are needed, and never cached',
  DirectSourceFetch: 'sources are always read from the API server itself',
  DisableStatusPollerCache: 'health checks read from the API server itself',
  GroupChangeLog: 'changes are always told as one event',
  MigrateAPIVersion:
    'managed fields are moved to the version of the manifest where the API server refuses it otherwise',
  ObjectLevelWorkloadIdentity: 'an object that needs what is not there is refused by itself',
};

/** Which gates are open, and which were named without effect. */
export interface FeatureGates {
  readonly open: Readonly<Record<keyof typeof standard, boolean>>;
  readonly idle: Readonly<Record<string, string>>;
}

/** Reads `A=true,B=false`; the fault of an unknown gate names those that there are. */
export const featureGates: z.ZodType<FeatureGates, string | undefined> = list()
  .transform((rows, context) => {
    const open: Record<string, boolean> = { ...standard };
    const named: Record<string, string> = {};
    for (const row of rows) {
      const [, gate = '', value] = /^(\w+)=(true|false)$/i.exec(row) ?? [];
      const why = idle[gate];
      if (value === undefined)
        context.addIssue(`'${row}' is no gate: write Name=true or Name=false`);
      else if (Object.hasOwn(standard, gate)) open[gate] = value.toLowerCase() === 'true';
      else if (why !== undefined) named[gate] = why;
      else context.addIssue(`there is no gate ${gate}; there are ${allGates.join(', ')}`);
    }
    return { open: { ...standard, ...open }, idle: named };
  })
  .meta({
    repeats: true,
    standard: Object.entries(standard)
      .map(([gate, open]) => `${gate}=${open ? 'true' : 'false'}`)
      .join(','),
  });

/** Every gate that may be named, in alphabetical order: what holds unless it is named, nothing where it is without effect, and what it means. */
export function describeGates(): { gate: string; open?: boolean; meaning: string }[] {
  const acting = Object.entries(standard).map(([gate, open]) => {
    const meaning = meanings[gate as keyof typeof standard];
    return { gate, open, meaning };
  });
  const others = Object.entries(idle).map(([gate, meaning]) => ({ gate, meaning }));
  return [...acting, ...others].sort((a, b) => a.gate.localeCompare(b.gate));
}

const allGates = [...Object.keys(standard), ...Object.keys(idle)].sort();
