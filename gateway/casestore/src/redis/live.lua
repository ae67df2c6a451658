#!lua flags=no-writes
-- Live rows in the order of case ids.
-- KEYS live-ids live   ARGV after|'' limit
local from = '-'
if ARGV[1] ~= '' then
  from = '(' .. ARGV[1]
end
local cases = redis.call('ZRANGE', KEYS[1], from, '+', 'BYLEX', 'LIMIT', 0, ARGV[2])
local page = {}
for _, case in ipairs(cases) do
  page[#page + 1] = case
  page[#page + 1] = redis.call('HGET', KEYS[2], case)
end
return { 'live', page }
