// The sentences that a source file can say, found in its syntax: what a page promises to explain is held against them.

import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** Strings with a space in them, with `…` for what is put in; but for what goes to the log, or is thrown. */
export function sentencesIn(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isThrowStatement(node) || ts.isImportDeclaration(node) || isLogging(node)) return
    const sentence = sentenceOf(node)
    if (sentence?.includes(' ') === true) found.push(sentence)
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isLogging(node: ts.Node): boolean {
  return ts.isCallExpression(node) && /\blog\.\w+$/.test(node.expression.getText())
}

function sentenceOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
}
