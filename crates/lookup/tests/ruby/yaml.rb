# Reads an array of YAML texts from standard input as JSON, and writes what Psych makes of each: the inspected value, or null where it raises.
require 'json'
require 'yaml'
require 'date'

texts = JSON.parse($stdin.read)
answers = texts.map do |text|
  YAML.load(text, permitted_classes: [Symbol, Date, Time], aliases: true).inspect
rescue StandardError
  nil
end
puts JSON.generate(answers)
