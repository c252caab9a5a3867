import type { Activities, Look, Pass } from '../contract.ts';

/** What a recheck is made of. */
export type RecheckSteps = Pick<Activities, 'observe' | 'compare' | 'conclude'>;

/**
 * Looks at the end of an interval whether what is applied still holds, and notes that it does. Writes nothing where the look finds something
 * new or the comparison a difference; raises what its steps raise.
 */
export function rechecking({ observe, compare, conclude }: RecheckSteps): Activities['recheck'] {
  return async (pass, inputs, outcome) => {
    const begun = Date.now();
    const look = await observe(pass.key);
    const { artifact } = look;
    if (!artifact || !isAsBefore(look, pass)) return { look };
    const compared = await compare({ ...pass, artifact }, inputs);
    if (compared.differs === undefined)
      await conclude(pass.key, { ...outcome, durationMs: Date.now() - begun });
    return { look, ...compared };
  };
}

function isAsBefore({ verdict, requestedAt, generation, artifact }: Look, before: Pass): boolean {
  const isSameArtifact =
    artifact?.revision === before.artifact.revision && artifact.digest === before.artifact.digest;
  const isCalm = verdict === 'idle' && requestedAt === undefined;
  return isCalm && isSameArtifact && generation === before.generation;
}
