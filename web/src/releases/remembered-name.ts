// Who sits here: the name given with the last command, kept in this browser.

const key = 'galerkin-name';

export function rememberedName(): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(key, name);
  } catch {
    // Storage is blocked: it is asked again.
  }
}
