/** What may be spent by each of many names: so much at once, and so much a second on average. */
export interface Allowance {
  /** Spends an amount and tells whether it was there; otherwise nothing is spent. */
  spend(name: string, amount: number): boolean;
  /** Spends what was used already, even if it was not there. */
  charge(name: string, amount: number): void;
  /** The name is gone. */
  forget(name: string): void;
}

/** An allowance of `burst` that fills up by `perSecond`; `now` gives milliseconds. */
export function createAllowance(
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number },
  now: () => number = Date.now,
): Allowance {
  const accounts = new Map<string, { left: number; at: number }>();
  const accountOf = (name: string): { left: number } => {
    const at = now();
    const account = accounts.get(name) ?? { left: burst, at };
    accounts.set(name, account);
    account.left = Math.min(burst, account.left + (perSecond * (at - account.at)) / 1000);
    account.at = at;
    return account;
  };
  return {
    spend(name, amount) {
      const account = accountOf(name);
      if (account.left < amount) return false;
      account.left -= amount;
      return true;
    },
    charge(name, amount) {
      accountOf(name).left -= amount;
    },
    forget: (name) => accounts.delete(name),
  };
}
