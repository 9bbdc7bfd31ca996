// The page under /docs: Swagger UI from its npm package, from this server alone, light or dark as the reader's system is.

/** Styles are set by the page's own script; nothing comes from elsewhere, and nothing is sent elsewhere. */
export const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const docsPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Galerkin API</title>
<link rel="icon" href="favicon-32x32.png">
<link rel="stylesheet" href="swagger-ui.css">
<link rel="stylesheet" href="docs.css">
<main id="docs"></main>
<script src="swagger-ui-bundle.js"></script>
<script src="docs.js"></script>
</html>
`;

export const docsScript = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
SwaggerUIBundle({
  url: '../openapi.json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

export const docsStyle = `html { overflow-y: scroll; }
body { margin: 0; background: #fff; }
html.dark-mode body { background: #1c2022; }
html.dark-mode .swagger-ui .examples-select__section-label { color: #d0d4d8; }
.swagger-ui .wrapper { box-sizing: border-box; }
.swagger-ui pre, .swagger-ui table { max-width: 100%; }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .opblock .opblock-summary-path { word-break: break-all; }
  .swagger-ui .response-col_status, .swagger-ui .parameters-col_name { min-width: 0; padding-right: 8px; }
}
`;

/** The files of the package that the page names. */
export const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;
