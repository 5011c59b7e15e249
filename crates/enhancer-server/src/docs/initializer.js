// Starts Swagger UI at /docs.

// The fields of a form begin empty. Swagger UI would fill each with a sample, and then send
// all of them.
const emptyForms = ({ React }) => ({
  wrapComponents: {
    JsonSchemaForm: (Form) => (props) =>
      // Only a field of a form has this property.
      'dispatchInitialValue' in props
        ? React.createElement(Form, { ...props, dispatchInitialValue: false })
        : React.createElement(Form, props),
  },
});

window.addEventListener('load', () => {
  window.ui = SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    layout: 'BaseLayout',
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [emptyForms],
  });
});
