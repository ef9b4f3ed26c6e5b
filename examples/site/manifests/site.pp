# What a machine is for is one of its facts; data/role says which classes that takes.
node default {
  lookup('classes', Array[String[1]]).include
}
