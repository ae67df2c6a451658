#!lua
-- Drops an outbox's rows up to a number, not those that are yet to come.
-- KEYS outbox cursors   ARGV number
local forgotten = tonumber(redis.call('HGET', KEYS[2], 'forgotten') or 0)
local last = forgotten + redis.call('LLEN', KEYS[1])
local number = math.min(last, tonumber(ARGV[1]))
if number > forgotten then
  redis.call('LTRIM', KEYS[1], number - forgotten, -1)
  redis.call('HSET', KEYS[2], 'forgotten', number)
end
return { 'done' }
