/** One commit of a day: which members it touches, and which of them then fail their health checks. */
export interface DayCommit {
  readonly touched: readonly number[];
  readonly failing: readonly number[];
}

/** A mixed day, the same for everybody: each commit touches one to three members, three of ten break what they touch, and what broke is mended six commits later. */
export function planDay(members: number, commits: number): DayCommit[] {
  const plan: DayCommit[] = [];
  for (let index = 0; index < commits; index++) {
    const mended = plan[index - mendedAfter]?.failing ?? [];
    const fresh = Array.from(
      { length: 1 + (index % 3) },
      (_, part) => (index * stride + part * (stride + 2)) % members,
    );
    const breaks = breakingOfTen.includes(index % 10);
    const failing = breaks ? fresh.filter((member) => !mended.includes(member)) : [];
    plan.push({ touched: [...new Set([...fresh, ...mended])], failing });
  }
  return plan;
}

/** A prime, so that neighbours of a plan touch members that are far from each other. */
const stride = 37;
const mendedAfter = 6;
const breakingOfTen = [2, 5, 8];
