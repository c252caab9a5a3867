/** Who waits for whom: object names to the names of those that refer to them. */
export interface Index {
  readonly size: number;
  /** Replaces what one object refers to. */
  put(name: string, targets: readonly string[]): void;
  remove(name: string): void;
  /** Those that refer to a name. */
  dependants(name: string): readonly string[];
}

/** An empty index. */
export function indexOf(): Index {
  const targetsOf = new Map<string, readonly string[]>();
  const dependantsOf = new Map<string, Set<string>>();
  const remove = (name: string): void => {
    for (const target of targetsOf.get(name) ?? []) {
      const dependants = dependantsOf.get(target);
      dependants?.delete(name);
      if (dependants?.size === 0) dependantsOf.delete(target);
    }
    targetsOf.delete(name);
  };
  return {
    get size() {
      return targetsOf.size;
    },
    put(name, targets) {
      remove(name);
      const wanted = targets.filter((target) => target !== '');
      targetsOf.set(name, wanted);
      for (const target of wanted) {
        const dependants = dependantsOf.get(target) ?? new Set();
        dependantsOf.set(target, dependants.add(name));
      }
    },
    remove,
    dependants: (name) => [...(dependantsOf.get(name) ?? [])],
  };
}
