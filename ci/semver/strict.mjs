// Declarations as the compiler compares them strictly. It lets a method take less than the one it stands in for, and holds two classes with private parts for different ones:
// here each method becomes a property with a function type, each class the interface of its instances and a constant that makes them.
import ts from 'typescript'

const { factory } = ts

const isPrivate = (member) =>
  (member.name && ts.isPrivateIdentifier(member.name)) || member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword)
const isStatic = (member) => member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false
const isMethod = (member) => ts.isMethodSignature(member) || ts.isMethodDeclaration(member)
const isExported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false

const exported = factory.createModifier(ts.SyntaxKind.ExportKeyword)
const declared = factory.createModifier(ts.SyntaxKind.DeclareKeyword)

const property = (name, question, type) => factory.createPropertySignature(undefined, name, question, type)

/** A function type for one signature, the intersection of them for more: unlike call signatures they know `this` of the interface. */
function functionOf(methods) {
  const types = methods.map(({ typeParameters, parameters, type }) => factory.createFunctionTypeNode(typeParameters, parameters, type))
  return types.length === 1 ? types[0] : factory.createIntersectionTypeNode(types.map((type) => factory.createParenthesizedType(type)))
}

function strictMembers(members) {
  const made = []
  const methods = new Map()
  for (const member of members) {
    if (isPrivate(member)) continue
    if (isMethod(member)) {
      const name = member.name.getText()
      if (methods.has(name)) methods.get(name).push(member)
      else {
        methods.set(name, [member])
        made.push(methods.get(name))
      }
    } else if (ts.isGetAccessor(member)) made.push(property(member.name, undefined, member.type))
    else if (ts.isPropertyDeclaration(member)) made.push(property(member.name, member.questionToken, member.type))
    else if (!ts.isSetAccessor(member)) made.push(member)
  }
  return made.map((member) => (Array.isArray(member) ? property(member[0].name, member[0].questionToken, functionOf(member)) : member))
}

function strictClass(node) {
  const modifiers = isExported(node) ? [exported, declared] : [declared]
  const own = node.members.filter((member) => !ts.isConstructorDeclaration(member))
  const bases = node.heritageClauses?.filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
  const instance = factory.createTypeReferenceNode(node.name, node.typeParameters?.map(({ name }) => factory.createTypeReferenceNode(name)))
  const makers = node.members
    .filter((member) => ts.isConstructorDeclaration(member) && !isPrivate(member))
    .map(({ parameters }) => factory.createConstructSignature(node.typeParameters, parameters, instance))
  if (!node.members.some(ts.isConstructorDeclaration) && !bases?.length) makers.push(factory.createConstructSignature(node.typeParameters, [], instance))
  const statics = factory.createTypeLiteralNode([...makers, ...strictMembers(own.filter(isStatic))])
  return [
    factory.createInterfaceDeclaration(isExported(node) ? [exported] : [], node.name, node.typeParameters, bases, strictMembers(own.filter((member) => !isStatic(member)))),
    factory.createVariableStatement(modifiers, factory.createVariableDeclarationList([factory.createVariableDeclaration(node.name, undefined, statics)], ts.NodeFlags.Const)),
  ]
}

/** The text of a file of declarations, made strict. What it adds to the modules of others is left out. */
export function strict(text) {
  const file = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.ES2022, true)
  const { transformed } = ts.transform(file, [
    (context) => (source) => {
      const visit = (node) => {
        if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) return undefined
        if (ts.isClassDeclaration(node)) return strictClass(node).map((one) => ts.visitEachChild(one, visit, context))
        const seen = ts.visitEachChild(node, visit, context)
        if (ts.isInterfaceDeclaration(node)) {
          return factory.updateInterfaceDeclaration(seen, seen.modifiers, seen.name, seen.typeParameters, seen.heritageClauses, strictMembers(node.members).map((one) => ts.visitEachChild(one, visit, context)))
        }
        if (ts.isTypeLiteralNode(node)) return factory.createTypeLiteralNode(strictMembers(node.members).map((one) => ts.visitEachChild(one, visit, context)))
        return seen
      }
      return ts.visitEachChild(source, visit, context)
    },
  ])
  return ts.createPrinter().printFile(transformed[0])
}
