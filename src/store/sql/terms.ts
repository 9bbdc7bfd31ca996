// The terms of an office: a counter in a row that grows at each taking and never goes back.

/** Counts up and returns the new term, 1 at first. `name` is the engine's sign for its first parameter. */
export const nextTerm = (name: '?' | '$1'): string =>
  `insert into galerkin_offices (name, term) values (${name}, 1)
   on conflict (name) do update set term = galerkin_offices.term + 1 returning term`;
