import js from '@eslint/js';
import ts from 'typescript-eslint';

export default ts.config(
    { ignores: ['dist/', 'node_modules/'] },
    js.configs.recommended,
    ...ts.configs.strict,
    {
        rules: {
            'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
            'max-lines': ['error', { max: 400 }],
            eqeqeq: 'error',
        },
    },
    {
        // A describe() block is a list of tests, not one function.
        files: ['**/*.test.ts'],
        rules: { 'max-lines-per-function': 'off' },
    },
);
