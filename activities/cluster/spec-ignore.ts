import type { Kustomization } from '../../api/index.ts';
import { fail } from '../failures.ts';
import { messageOf } from './answer.ts';
import type { KubeObject } from './object.ts';
import { objectSelector } from './selector.ts';

/** A rule of spec.ignore: the objects that it is for, and the fields, each as the tokens of its JSON pointer. */
export interface IgnoreRule {
  /** Fails with InvalidSpec for an expression that takes too long. */
  readonly matches: (object: KubeObject) => boolean;
  readonly pointers: readonly (readonly string[])[];
}

/** Reads spec.ignore, whose paths are JSON pointers (RFC 6901). Fails with InvalidSpec, naming the place, for a rule that can not be read. */
export function ignoreRules(rules: Kustomization['spec']['ignore'] = []): IgnoreRule[] {
  return rules.map(({ target, paths }, index) => {
    const place = `spec.ignore[${index}]`;
    const matches = attempt(place, () => objectSelector(target));
    const pointers = paths.map((path) => pointerOf(place, path));
    return { matches: (object) => attempt(place, () => matches(object)), pointers };
  });
}

function attempt<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fail('InvalidSpec', `${place}: ${messageOf(error)}`);
  }
}

/** The tokens of a JSON pointer. Fails with InvalidSpec, naming the place, for what is none. */
export function pointerOf(place: string, path: string): string[] {
  if (!/^(\/([^~/]|~[01])+)+$/.test(path)) {
    throw fail('InvalidSpec', `${place}: path '${path}' is no JSON pointer such as /spec/replicas`);
  }
  const tokens = path.slice(1).split('/');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
