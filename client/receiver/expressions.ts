import type { Receiver } from '../../api/index.ts';
import {
  valueExpression,
  variablesExpression,
  type BooleanExpression,
  type ValueExpression,
} from '../../activities/cluster/cel.ts';

/** The compiled expressions of a Receiver. */
export interface Expressions {
  /** For each of spec.resources, what has to be true of an object that it names. */
  readonly filters: readonly (readonly BooleanExpression[])[];
  /** What the tokens of each issuer have to satisfy. */
  readonly claims: ReadonlyMap<string, ClaimRules>;
}

/** The rules of one issuer. */
export interface ClaimRules {
  readonly variables: readonly (readonly [name: string, expression: ValueExpression])[];
  readonly validations: readonly (readonly [expression: BooleanExpression, message: string])[];
}

/** Compiles every expression of a Receiver. Raises an Error that names the field and the expression at fault. */
export function compileExpressions(spec: Receiver['spec']): Expressions {
  const { resources, resourceFilter, oidcProviders = [] } = spec;
  // Only tokens have claims.
  const names = spec.type === 'generic-oidc' ? ['res', 'req', 'claims'] : ['res', 'req'];
  const filter = (field: string, text: string | undefined): BooleanExpression[] =>
    text ? [within(field, () => variablesExpression(text, names))] : [];
  const forAll = filter('resourceFilter', resourceFilter);
  return {
    filters: resources.map((resource, at) => [
      ...forAll,
      ...filter(`resources[${at}].filter`, resource.filter),
    ]),
    claims: new Map(
      oidcProviders.map((provider, at) => [
        provider.issuerURL,
        within(`oidcProviders[${at}]`, () => rulesOf(provider)),
      ]),
    ),
  };
}

type Provider = NonNullable<Receiver['spec']['oidcProviders']>[number];

const claimNames = ['claims', 'vars'];

function rulesOf({ variables = [], validations }: Provider): ClaimRules {
  return {
    variables: variables.map(({ name, expression }) => {
      if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name))
        throw new Error(`the name '${name}' of a variable is no identifier`);
      return [name, valueExpression(expression, claimNames)];
    }),
    validations: validations.map(({ expression, message }) => [
      variablesExpression(expression, claimNames),
      message,
    ]),
  };
}

/** Checks the claims of a verified token; gives the messages of the validations that do not hold. Raises an Error for one that fails. */
export function violations(rules: ClaimRules, claims: Readonly<Record<string, unknown>>): string[] {
  const vars: Record<string, unknown> = {};
  for (const [name, expression] of rules.variables) {
    vars[name] = expression.evaluate({ claims, vars });
  }
  return rules.validations
    .filter(([expression]) => !expression.evaluate({ claims, vars }))
    .map(([, message]) => message);
}

function within<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`spec.${field}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
